% OCCLUSIONSENSITIVITY  How a network's score changes when a mask hides pixels.
%
% Stands in for MATLAB's function of this name when the fixtures are generated
% in GNU Octave; written from the rules in
% docs/compatibility.md.
%
%   scoreMap = occlusionSensitivity(net, X, channelIdx)
%   scoreMap = occlusionSensitivity(net, X, channelIdx, name, value, ...)
%
% Inputs:  net         network struct, see predict.m beside this file
%          X           numeric array of exactly the network's input size
%          channelIdx  output channels, counted from 1
%          names       MaskSize, Stride, MaskValue, OutputUpsampling,
%                      MaskClipping, MiniBatchSize, ExecutionEnvironment
% Output:  scoreMap    single, H x W (x K for K channels); with
%                      OutputUpsampling 'none' one value per mask position
function scoreMap = occlusionSensitivity(net, X, channelIdx, varargin)
  imageSize = checkNetwork(net);
  X = checkImage(X, imageSize);
  channelIdx = checkChannels(channelIdx);
  opts = interpret(readOptions(varargin), X);

  rows = maskSpans(imageSize(1), opts.MaskSize(1), opts.Stride(1), ...
                   opts.MaskClipping);
  columns = maskSpans(imageSize(2), opts.MaskSize(2), opts.Stride(2), ...
                      opts.MaskClipping);
  original = totals(net, X, channelIdx);
  scoreMap = zeros(size(rows, 1), size(columns, 1), numel(channelIdx), ...
                   'single');
  for j = 1:size(columns, 1)
    for i = 1:size(rows, 1)
      occluded = occlude(X, rows(i, :), columns(j, :), opts.MaskValue);
      change = original - totals(net, occluded, channelIdx);
      scoreMap(i, j, :) = single(change);
    end
  end
  scoreMap = upsample(scoreMap, imageSize(1:2), opts.OutputUpsampling);
end

% --- the computation -------------------------------------------------------

% First and last pixel of every mask along one axis of n pixels, for masks of
% m pixels every s pixels.
function spans = maskSpans(n, m, s, clipping)
  if clipping
    centre = (1:s:n).';
    first = centre - floor(m / 2);
  else
    first = (1:s:(n - m + 1)).';
  end
  spans = [max(first, 1), min(first + m - 1, n)];
end

function X = occlude(X, rows, columns, value)
  for c = 1:size(X, 3)
    X(rows(1):rows(2), columns(1):columns(2), c) = value(c);
  end
end

% Sum of each wanted output channel over its positions, 1 x K double.
function t = totals(net, X, channelIdx)
  Y = predict(net, X);
  if any(channelIdx > size(Y, 3))
    error('occlusionSensitivity:channelRange', ...
          'channelIdx is %d, but the layer ''%s'' has %d channels.', ...
          max(channelIdx), char(net.OutputNames), size(Y, 3));
  end
  t = reshape(sum(sum(double(Y), 1), 2), 1, size(Y, 3));
  t = t(channelIdx);
end

function big = upsample(map, outSize, method)
  if strcmp(method, 'none')
    big = map;
    return
  end
  big = zeros(outSize(1), outSize(2), size(map, 3), 'single');
  for k = 1:size(map, 3)
    big(:, :, k) = imresize(map(:, :, k), outSize, method);
  end
end

% --- the arguments ---------------------------------------------------------

function imageSize = checkNetwork(net)
  if ~isstruct(net) || ~isscalar(net) || ~all(isfield(net, ...
      {'InputSize', 'Layers', 'OutputNames'}))
    error('occlusionSensitivity:network', ...
          'net must be one struct with InputSize, Layers and OutputNames.');
  end
  names = cellstr(net.OutputNames);
  if numel(names) ~= 1
    error('occlusionSensitivity:severalOutputs', ...
          'The network must have one output name, but it has: %s.', ...
          strjoin(names(:).', ', '));
  end
  imageSize = [double(net.InputSize(:).'), 1];
  imageSize = imageSize(1:3);             % [H W] means one channel
end

function X = checkImage(X, imageSize)
  if ~isnumeric(X) || ~isreal(X)
    error('occlusionSensitivity:image', 'X must be a real numeric array.');
  end
  have = [size(X, 1), size(X, 2), size(X, 3)];
  if ndims(X) > 3 || any(have ~= imageSize)
    error('occlusionSensitivity:imageSize', ...
          'The network takes an image of size %s, but X is %s.', ...
          sizeText(imageSize), sizeText(size(X)));
  end
  X = single(X);
end

function channelIdx = checkChannels(channelIdx)
  channelIdx = toText(channelIdx);
  if ischar(channelIdx) || iscell(channelIdx)
    error('occlusionSensitivity:label', ['This network takes no label and ' ...
          'no layer name. Use channelIdx = find(label == classNames), and ' ...
          'net.OutputNames to choose the layer.']);
  end
  if ~isPositiveInteger(channelIdx) || ~isvector(channelIdx)
    error('occlusionSensitivity:channel', ...
          'channelIdx must be a positive integer or a vector of them.');
  end
  channelIdx = double(channelIdx(:).');
end

% Struct with a field for every option, as given or at its default.
function opts = readOptions(args)
  opts = struct('MaskSize', 'auto', 'Stride', 'auto', 'MaskValue', 'auto', ...
                'OutputUpsampling', 'bicubic', 'MaskClipping', 'on', ...
                'MiniBatchSize', 128, 'ExecutionEnvironment', 'auto');
  if mod(numel(args), 2) == 1
    error('occlusionSensitivity:pairs', ...
          'Options must be given as pairs of a name and a value.');
  end
  given = {};
  for k = 1:2:numel(args)
    name = choose(args{k}, fieldnames(opts), 'option name');
    if any(strcmp(name, given))
      error('occlusionSensitivity:twice', ...
            'The option %s is given twice.', name);
    end
    given{end + 1} = name; %#ok<AGROW>
    opts.(name) = toText(args{k + 1});
  end
end

% Replaces every option by the value that the computation works with.
function opts = interpret(opts, X)
  imageSize = [size(X, 1), size(X, 2)];
  opts.MaskSize = readPair(opts.MaskSize, 0.2, imageSize, 'MaskSize');
  if any(opts.MaskSize > imageSize)
    error('occlusionSensitivity:maskTooLarge', ...
          'The mask of %s pixels is larger than the input of %s.', ...
          sizeText(opts.MaskSize), sizeText(imageSize));
  end
  opts.Stride = readPair(opts.Stride, 0.1, imageSize, 'Stride');
  opts.MaskValue = readMaskValue(opts.MaskValue, X);
  opts.OutputUpsampling = choose(opts.OutputUpsampling, ...
      {'bicubic', 'nearest', 'none'}, 'OutputUpsampling');
  opts.MaskClipping = readSwitch(opts.MaskClipping);
  if ~isPositiveInteger(opts.MiniBatchSize) || ~isscalar(opts.MiniBatchSize)
    error('occlusionSensitivity:MiniBatchSize', ...
          'MiniBatchSize must be a positive integer.');
  end
  where = choose(opts.ExecutionEnvironment, {'auto', 'gpu', 'cpu'}, ...
                 'ExecutionEnvironment');
  if strcmp(where, 'gpu')
    error('occlusionSensitivity:gpu', 'There is no GPU to use.');
  end
end

% MaskSize or Stride as [vertical horizontal].
function pair = readPair(value, share, imageSize, name)
  if ischar(value)
    choose(value, {'auto'}, name);
    pair = max(round(share * imageSize), 1);
  elseif isPositiveInteger(value) && numel(value) <= 2
    pair = [1 1] .* double(value(:).');
  else
    error(['occlusionSensitivity:' name], ...
          '%s must be ''auto'' or one or two positive integers.', name);
  end
end

% One single value per input channel.
function value = readMaskValue(value, X)
  nChannels = size(X, 3);
  if ischar(value)
    choose(value, {'auto'}, 'MaskValue');
    value = sum(sum(double(X), 1), 2) / (size(X, 1) * size(X, 2));
  elseif ~isnumeric(value) || ~isreal(value)
    error('occlusionSensitivity:MaskValue', ...
          'MaskValue must be ''auto'' or real numbers.');
  elseif isscalar(value)
    value = repmat(value, 1, nChannels);
  elseif ~isvector(value) || numel(value) ~= nChannels
    error('occlusionSensitivity:MaskValue', ...
          'MaskValue must have one value, or one per channel, here %d.', ...
          nChannels);
  end
  value = single(value(:).');
end

function tf = readSwitch(value)
  if ischar(value)
    tf = strcmp(choose(value, {'on', 'off'}, 'MaskClipping'), 'on');
  elseif (islogical(value) || isnumeric(value)) && isscalar(value) ...
      && (value == 0 || value == 1)
    tf = (value == 1);
  else
    error('occlusionSensitivity:MaskClipping', ...
          'MaskClipping must be ''on'' or ''off'', or true or false.');
  end
end

% The one choice that begins with the text, in any case.
function choice = choose(text, choices, what)
  text = toText(text);
  if ~ischar(text) || ~isrow(text) || isempty(text)
    error('occlusionSensitivity:text', ...
          'The %s must be a text, one of: %s.', ...
          what, strjoin(choices(:).', ', '));
  end
  hits = choices(strncmpi(text, choices, numel(text)));
  if isempty(hits)
    error('occlusionSensitivity:unknown', ...
          'The %s ''%s'' is unknown. Choose from: %s.', ...
          what, text, strjoin(choices(:).', ', '));
  elseif numel(hits) > 1
    error('occlusionSensitivity:ambiguous', ...
          'The %s ''%s'' is ambiguous. It could be: %s.', ...
          what, text, strjoin(hits(:).', ', '));
  end
  choice = hits{1};
end

% MATLAB's "text" is a string object; Octave has only char.
function value = toText(value)
  if isstring(value) && isscalar(value)
    value = char(value);
  end
end

function tf = isPositiveInteger(v)
  tf = isnumeric(v) && isreal(v) && ~isempty(v) && all(isfinite(v(:))) ...
       && all(v(:) >= 1) && all(v(:) == fix(v(:)));
end

% A size for a message, as 3x4x5.
function text = sizeText(v)
  text = [sprintf('%d', v(1)), sprintf('x%d', v(2:end))];
end
