function net = build_network(description)
% A network from its description: in MATLAB a dlnetwork, in Octave a struct that octave/predict.m evaluates.
%
%   description  a network.json, or a struct of InputSize, OutputNames and Layers. The layers are structs of Name,
%                Type and parameters in MATLAB's order of axes: Weights of a convolution rows × columns × channels ×
%                outputs, those of a fully connected layer outputs × rows × columns × channels.
if ischar(description)
    file = description;
    description = decoded(jsondecode(fileread(file)));
    description.File = fullfile(fileparts(file), 'network.onnx');
end
if is_octave()
    net = description;
else
    layers = cellfun(@(layer) matlab_layer(layer, description.InputSize), description.Layers, 'UniformOutput', false);
    net = dlnetwork(vertcat(layers{:}));
    net.OutputNames = {description.OutputNames};
end
end

function description = decoded(description)
% jsondecode makes columns of vectors, and an array of structs where all layers have the same fields.
description.InputSize = description.InputSize(:)';
if isstruct(description.Layers)
    description.Layers = num2cell(description.Layers);
end
for k = 1:numel(description.Layers)
    layer = description.Layers{k};
    names = fieldnames(layer);
    for j = 1:numel(names)
        value = layer.(names{j});
        if isstruct(value)
            layer.(names{j}) = read_array(value);
        elseif isnumeric(value)
            layer.(names{j}) = value(:)';
        end
    end
    description.Layers{k} = layer;
end
end

function made = matlab_layer(layer, input_size)
switch layer.Type
    case 'imageinput'
        statistics = {};
        for name = intersect({'Mean', 'StandardDeviation', 'Min', 'Max'}, fieldnames(layer)')
            statistics(end + 1:end + 2) = {name{1}, layer.(name{1})}; %#ok<AGROW>
        end
        made = imageInputLayer(input_size, 'Name', layer.Name, 'Normalization', layer.Normalization, statistics{:});
    case 'convolution'
        [rows, cols, ~, n_outputs] = size(layer.Weights);
        made = convolution2dLayer([rows cols], n_outputs, 'Name', layer.Name, 'Weights', layer.Weights, ...
            'Bias', reshape(layer.Bias, 1, 1, []), 'Stride', layer.Stride, 'Padding', layer.Padding);
    case 'relu'
        made = reluLayer('Name', layer.Name);
    case 'maxpooling'
        made = maxPooling2dLayer(layer.PoolSize, 'Name', layer.Name, 'Stride', layer.Stride);
    case 'averagepooling'
        made = averagePooling2dLayer(layer.PoolSize, 'Name', layer.Name, 'Stride', layer.Stride);
    case 'batchnorm'
        made = batchNormalizationLayer('Name', layer.Name, 'Scale', layer.Scale, 'Offset', layer.Offset, ...
            'TrainedMean', layer.TrainedMean, 'TrainedVariance', layer.TrainedVariance, 'Epsilon', layer.Epsilon);
    case 'crosschannelnorm'
        made = crossChannelNormalizationLayer(layer.WindowChannelSize, 'Name', layer.Name, 'Alpha', layer.Alpha, ...
            'Beta', layer.Beta, 'K', layer.K);
    case 'globalaveragepooling'
        made = globalAveragePooling2dLayer('Name', layer.Name);
    case 'fullyconnected'
        n_outputs = numel(layer.Bias);
        made = fullyConnectedLayer(n_outputs, 'Name', layer.Name, 'Weights', reshape(layer.Weights, n_outputs, []), ...
            'Bias', reshape(layer.Bias, n_outputs, 1));
    case 'softmax'
        made = softmaxLayer('Name', layer.Name);
    otherwise
        error('build_network:type', '%s is no type of layer that is known here.', layer.Type);
end
end
