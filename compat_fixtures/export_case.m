function export_case(file, varargin)
% Write a call of occlusionSensitivity, with what it gives, so that the Python package can be checked against it.
%
%   export_case('case.mat', net, X, channelIdx, ...)          the arguments of the call, in their order
%   export_case('case.mat', '-v7.3', net, X, channelIdx, ...) in the format of large files
%
% Instead of channelIdx, a DAGNetwork or SeriesNetwork takes a label, or a layer name and channelIdx, as the call does.
%
% Writes case.mat, and the network beside it as case.onnx (in MATLAB that takes Deep Learning Toolbox Converter for ONNX
% Model Format). Then, in a shell:
%
%   occlusion-sensitivity parity case.mat
%
% Needs nothing but the folder of this file; in MATLAB R2024a or later. In GNU Octave, the functions in octave/ stand in.
here = fileparts(mfilename('fullpath'));
addpath(fullfile(here, 'functions'));
if is_octave()
    addpath(fullfile(here, 'octave'));
end

file_format = '-v7';
if is_text(varargin{1})
    file_format = char(varargin{1});
    varargin(1) = [];
end
[folder, name, ending] = fileparts(char(file));
if isempty(ending)
    file = [char(file) '.mat'];
end
[net, X] = varargin{1:2};
call = exported_call(net, varargin(3:end));
[geometry, others] = mask_options(call.pairs);
X = gather_array(X);

[content.source, content.tool] = this_tool();
content.network = [name '.onnx'];
content.OutputNames = call.output;
[content.layerKind, content.layerPosition] = scored_layer(net, call.output);
content.X = X;
content.channelIdx = double(call.channels);
pairs = named_options(call.pairs);
for k = 1:2:numel(pairs)
    content.(pairs{k}) = pairs{k + 1};
end
content.boxes = measure_boxes([size(X, 1), size(X, 2)], geometry);
content.totals = channel_totals(net, X, call);
content.map = gather_array(occlusionSensitivity(net, X, call.target{:}, geometry{:}, others{:}, ...
    'OutputUpsampling', 'none'));
content.scoreMap = gather_array(occlusionSensitivity(net, X, call.target{:}, call.pairs{:}));
save(char(file), '-struct', 'content', file_format);
write_network(net, fullfile(folder, content.network));
end

function call = exported_call(net, rest)
% The arguments behind X: what is scored, as typed (target) and as output layer and channels; and the name-value pairs.
count = 1;
if is_dlnetwork(net)
    call.channels = rest{1};
    call.output = char(net.OutputNames);
elseif numel(rest) > 1 && isnumeric(rest{2})
    count = 2;
    call.channels = rest{2};
    call.output = char(rest{1});
else
    [found, call.channels] = ismember(string(rest{1}), string(net.Layers(end).Classes));
    if ~all(found)
        error('export_case:label', 'label must be a class name of the network.');
    end
    call.output = ''; % the network's own
end
call.target = rest(1:count);
call.pairs = rest(count + 1:end);
end

function [kind, position] = scored_layer(net, name)
% The kind of the scored layer, and which of its kind it is: some releases give layers other names when they export them.
kind = '';
position = 0;
layers = net.Layers;
for k = 1:numel(layers)
    if iscell(layers)
        layer = layers{k};
        this_kind = layer.Type;
    else
        layer = layers(k);
        parts = strsplit(class(layer), '.');
        this_kind = parts{end};
    end
    kinds{k} = this_kind; %#ok<AGROW>
    if strcmp(layer.Name, name)
        kind = this_kind;
        position = sum(strcmp(kinds, this_kind));
    end
end
end

function pairs = named_options(pairs)
% Full names, texts as char (other programs cannot read MATLAB's strings), without the place of computation.
[geometry, others, upsampling] = mask_options(pairs);
pairs = [geometry, others, upsampling];
keep = true(1, numel(pairs));
for k = 1:2:numel(pairs)
    keep([k, k + 1]) = ~strcmp(pairs{k}, 'ExecutionEnvironment');
    if is_text(pairs{k + 1})
        pairs{k + 1} = char(pairs{k + 1});
    end
end
pairs = pairs(keep);
end

function totals = channel_totals(net, X, call)
% The score of each channel for the image without a mask: its sum over the spatial positions.
if is_octave()
    Y = predict(net, single(X));
elseif is_dlnetwork(net)
    Y = predict(net, dlarray(single(X), 'SSCB'));
    spatial = finddim(Y, 'S');
    if ~isempty(spatial)
        Y = sum(Y, spatial);
    end
    Y = reshape(gather(extractdata(Y)), 1, 1, []);
elseif isempty(call.output)
    Y = reshape(gather(predict(net, X)), 1, 1, []);
else
    Y = gather(activations(net, X, call.output));
end
totals = reshape(sum(sum(double(Y), 1), 2), 1, []);
totals = totals(call.channels);
end

function write_network(net, file)
if is_octave()
    copyfile(net.File, file);
else
    exportONNXNetwork(net, file);
end
end

function yes = is_dlnetwork(net)
yes = is_octave() || isa(net, 'dlnetwork');
end

function yes = is_text(value)
yes = ischar(value) || (~is_octave() && isstring(value));
end
