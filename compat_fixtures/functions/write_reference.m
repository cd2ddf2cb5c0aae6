function refusal = write_reference(folder)
% Compute the reference of the parity case in a folder, and record who computed it. What the call gives is computed first:
% the files that are there stay until it is done. An error of the call is a result, too, and is returned ('' for none).
description = jsondecode(fileread(fullfile(folder, 'case.json')));
[source, tool] = this_tool();
refusal = '';
try
    if strcmp(description.kind, 'imresize')
        results = struct('B', resized(folder, description));
    else
        results = maps(folder, description);
    end
catch failure
    refusal = failure.message;
end
remove_results(folder);
if isempty(refusal)
    names = fieldnames(results);
    for k = 1:numel(names)
        write_array(fullfile(folder, [names{k} '.json']), results.(names{k}));
    end
else
    write_text(fullfile(folder, 'error.json'), sprintf('{"message": %s}\n', jsonencode(refusal)));
end
write_text(fullfile(folder, 'reference.json'), sprintf('{"source": "%s",\n "tool": "%s"}\n', source, tool));
end

function remove_results(folder)
results = {'boxes.json', 'map.json', 'scoreMap.json', 'B.json', 'error.json', 'reference.json'};
for k = 1:numel(results)
    file = fullfile(folder, results{k});
    if exist(file, 'file')
        delete(file);
    end
end
end

function results = maps(folder, description)
X = read_array(fullfile(folder, 'X.json'));
net = build_network(fullfile(folder, 'network.json'));
channels = description.channelIdx(:)';
pairs = option_pairs(description.options);
if ~isfield(description.options, 'ExecutionEnvironment')
    % On every machine the same: a GPU sums in another order.
    pairs = [pairs, {'ExecutionEnvironment', 'cpu'}];
end
results.scoreMap = gather_array(occlusionSensitivity(net, X, channels, pairs{:}));
[geometry, others] = mask_options(pairs);
results.map = gather_array(occlusionSensitivity(net, X, channels, geometry{:}, others{:}, 'OutputUpsampling', 'none'));
results.boxes = measure_boxes([size(X, 1), size(X, 2)], geometry);
end

function B = resized(folder, description)
A = read_array(fullfile(folder, 'A.json'));
scale = description.scale(:)';
if isfield(description, 'antialiasing')
    B = imresize(A, scale, description.method, 'Antialiasing', description.antialiasing);
else
    B = imresize(A, scale, description.method);
end
end

function pairs = option_pairs(options)
% {'MaskSize', [3 4], ...} from the fields of a struct.
names = fieldnames(options);
pairs = cell(1, 2 * numel(names));
for k = 1:numel(names)
    value = options.(names{k});
    if isnumeric(value)
        value = value(:)';
    end
    pairs(2 * k - 1:2 * k) = {names{k}, value};
end
end

function write_array(file, A)
% The array as JSON: MATLAB's class, its size, and its values down the columns, one column a line. Enough digits for
% every value to come back as it was.
switch class(A)
    case 'double'
        number = '%.17g';
    case 'single'
        number = '%.9g';
    otherwise
        number = '%d';
end
lengths = size(A);
columns = reshape(A, lengths(1), []);
lines = cell(1, size(columns, 2));
for k = 1:numel(lines)
    text = sprintf([number ', '], columns(:, k));
    lines{k} = text(1:end - 2);
end
size_text = sprintf('%d, ', lengths);
write_text(file, sprintf('{"class": "%s", "size": [%s], "values": [\n%s\n]}\n', class(A), size_text(1:end - 2), ...
    strjoin(lines, sprintf(',\n'))));
end

function write_text(file, text)
handle = fopen(file, 'w');
if handle < 0
    error('generate_fixtures:file', '%s cannot be written.', file);
end
fwrite(handle, unicode2native(text, 'UTF-8'));
fclose(handle);
end
