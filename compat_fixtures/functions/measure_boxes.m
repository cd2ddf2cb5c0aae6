function boxes = measure_boxes(input_size, geometry)
% Where occlusionSensitivity lays its masks, measured from outside: n×4 int32, first row, last row, first column and last
% column of each, the horizontal positions running fastest.
%
% A network of maximum pooling along the rows and one fully connected layer scores an image of zeros. Under a mask of ones
% it counts the covered rows and sums their numbers, in small whole numbers that single holds exactly; that gives
% the first and the last row. Likewise for the columns.
%
%   input_size  [height width]
%   geometry    name-value pairs: MaskSize, Stride, MaskClipping
[first_row, last_row] = measured_ranges(input_size, 1, geometry);
[first_col, last_col] = measured_ranges(input_size, 2, geometry);
boxes = zeros(numel(first_row), 4, 'int32');
% Transposed, since (:) runs down the columns.
ranges = {first_row', last_row', first_col', last_col'};
for k = 1:4
    boxes(:, k) = ranges{k}(:);
end
end

function [first, last] = measured_ranges(input_size, dimension, geometry)
drops = occlusionSensitivity(probe(input_size, dimension), zeros(input_size, 'single'), [1 2], geometry{:}, ...
    'MaskValue', 1, 'OutputUpsampling', 'none', 'ExecutionEnvironment', 'cpu');
count = -double(drops(:, :, 1));
total = -double(drops(:, :, 2));
first = total ./ count - (count - 1) / 2;
last = first + count - 1;
end

function net = probe(input_size, dimension)
% Channel 1: how many lines along the dimension are touched; channel 2: the sum of their numbers.
pool = input_size;
pool(dimension) = 1;
n = input_size(dimension);
lengths = [2 1 1 1];
lengths(dimension + 1) = n;
weights = reshape(single([ones(1, n); 1:n]), lengths);
description.InputSize = [input_size 1];
description.OutputNames = 'lines';
description.Layers = {
    struct('Name', 'input', 'Type', 'imageinput', 'Normalization', 'none')
    struct('Name', 'touched', 'Type', 'maxpooling', 'PoolSize', pool, 'Stride', [1 1])
    struct('Name', 'lines', 'Type', 'fullyconnected', 'Weights', weights, 'Bias', zeros(2, 1, 'single'))};
net = build_network(description);
end
