function refusal = write_reference(folder)
% Compute the reference of the parity case in a folder, and record who computed it, beside the references of others. What
% the call gives is computed first: the files that are there stay until it is done.
%
% An error of the call is a result, too, and is returned ('' for none). Only what occlusionSensitivity or imresize says of
% its arguments is one: where the same call without the arguments in question fails as well, or the function is not there,
% something else is wrong, and the error is passed on.
description = jsondecode(fileread(fullfile(folder, 'case.json')));
[source, tool] = this_tool();
if strcmp(description.kind, 'imresize')
    [results, failure] = resized(folder, description);
else
    [results, failure] = maps(folder, description);
end
target = fullfile(folder, 'references', source);
if exist(target, 'dir')
    delete(fullfile(target, '*.json'));
else
    [made, message] = mkdir(target);
    if ~made
        error('generate_fixtures:folder', '%s cannot be made: %s', target, message);
    end
end
refusal = '';
if isempty(failure)
    names = fieldnames(results);
    for k = 1:numel(names)
        write_array(fullfile(target, [names{k} '.json']), results.(names{k}));
    end
else
    refusal = failure.message;
    write_text(fullfile(target, 'error.json'), sprintf('{"identifier": %s,\n "message": %s}\n', ...
        jsonencode(failure.identifier), jsonencode(failure.message)));
end
write_text(fullfile(target, 'reference.json'), sprintf('{"source": "%s",\n "tool": "%s"}\n', source, tool));
end

function [results, failure] = maps(folder, description)
X = read_array(fullfile(folder, 'X.json'));
net = build_network(fullfile(folder, 'network.json'));
channels = description.channelIdx(:)';
pairs = option_pairs(description.options);
if ~isfield(description.options, 'ExecutionEnvironment')
    % On every machine the same: a GPU sums in another order.
    pairs = [pairs, {'ExecutionEnvironment', 'cpu'}];
end
results = struct();
[score_map, failure] = outcome(@() occlusionSensitivity(net, X, channels, pairs{:}), ...
    @() occlusionSensitivity(net, X, 1, 'ExecutionEnvironment', 'cpu'));
if ~isempty(failure)
    return
end
results.scoreMap = gather_array(score_map);
[geometry, others] = mask_options(pairs);
results.map = gather_array(occlusionSensitivity(net, X, channels, geometry{:}, others{:}, 'OutputUpsampling', 'none'));
results.boxes = measure_boxes([size(X, 1), size(X, 2)], geometry);
end

function [results, failure] = resized(folder, description)
A = read_array(fullfile(folder, 'A.json'));
scale = description.scale(:)';
pairs = {};
if isfield(description, 'antialiasing')
    pairs = {'Antialiasing', description.antialiasing};
end
results = struct();
[B, failure] = outcome(@() imresize(A, scale, description.method, pairs{:}), @() imresize(zeros(3), 2));
if isempty(failure)
    results.B = B;
end
end

function [result, failure] = outcome(call, plain_call)
% What the call gives, or what it says of its arguments ([] for nothing). Any other error is passed on.
result = [];
failure = [];
try
    result = call();
catch said
    elsewhere = {'MATLAB:license', 'MATLAB:Undefined', 'MATLAB:undefined', 'MATLAB:UndefinedFunction', ...
        'MATLAB:dispatcher', 'MATLAB:nomem', 'MATLAB:OperationTerminatedByUser', 'Octave:undefined-function'};
    for k = 1:numel(elsewhere)
        if strncmp(said.identifier, elsewhere{k}, numel(elsewhere{k}))
            rethrow(said);
        end
    end
    plain_call(); % which fails as well where the arguments are not to blame
    failure = said;
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
