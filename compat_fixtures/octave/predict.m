% PREDICT  Evaluate a small image network for one image, in double.
%
% Stands in for MATLAB's function of this name when the fixtures are generated
% in GNU Octave; written from the rules in
% docs/compatibility.md.
%
%   Y = predict(net, X)
%
% Inputs:  net  scalar struct with the fields
%                 InputSize    [H W C]
%                 Layers       cell array of scalar structs with Name, Type and
%                              the parameters of that type, in order
%                 OutputNames  Name of the layer whose output is returned
%          X    numeric array H x W x C
% Output:  Y    h x w x K double; everything is evaluated in double
%
% Only elementwise products and sums are used, so that the bits do not depend
% on the BLAS library that Octave happens to be linked with.
function Y = predict(net, X)
  last = checkNetwork(net);
  checkImage(net, X);
  Y = double(X);
  for k = 1:last
    Y = evaluate(net.Layers{k}, Y);
  end
end

% Number of the layer to stop at. The layers behind it are not computed.
function last = checkNetwork(net)
  if ~isstruct(net) || ~isscalar(net) || ~all(isfield(net, ...
      {'InputSize', 'Layers', 'OutputNames'}))
    error('predict:network', ...
          'net must be one struct with InputSize, Layers and OutputNames.');
  end
  if ~iscell(net.Layers) || isempty(net.Layers)
    error('predict:network', 'net.Layers must be a cell array of structs.');
  end
  isInput = false(1, numel(net.Layers));
  isOutput = isInput;
  for k = 1:numel(net.Layers)
    isInput(k) = strcmp(net.Layers{k}.Type, 'imageinput');
    isOutput(k) = any(strcmp(net.Layers{k}.Name, net.OutputNames));
  end
  if sum(isInput) ~= 1 || ~isInput(1)
    error('predict:network', ...
          'The first layer, and no other, must be of type imageinput.');
  end
  if sum(isOutput) ~= 1
    error('predict:network', ...
          'OutputNames must be the name of exactly one layer of the network.');
  end
  last = find(isOutput);
end

function checkImage(net, X)
  want = [double(net.InputSize(:).'), 1];
  want = want(1:3);                       % [H W] means one channel
  have = [size(X, 1), size(X, 2), size(X, 3)];
  if ~isnumeric(X) || ~isreal(X)
    error('predict:image', 'X must be a real numeric array.');
  end
  if ndims(X) > 3 || any(have ~= want)
    error('predict:imageSize', ...
          'The network takes an image of size %s, but X is %s.', ...
          sizeText(want), sizeText(size(X)));
  end
end

function Y = evaluate(layer, X)
  switch layer.Type
    case 'imageinput'
      Y = normalize(layer, X);
    case 'convolution'
      Y = convolve(layer, X);
    case 'relu'
      Y = max(X, 0);
    case 'maxpooling'
      Y = pool(layer, X, true);
    case 'averagepooling'
      Y = pool(layer, X, false);
    case 'batchnorm'
      Y = normalizeChannels(layer, X);
    case 'crosschannelnorm'
      Y = normalizeAcross(layer, X);
    case 'globalaveragepooling'
      Y = sum(sum(X, 1), 2) / (size(X, 1) * size(X, 2));
    case 'fullyconnected'
      Y = connect(layer, X);
    case 'softmax'
      E = exp(X - max(X, [], 3));         % no exponential above 1
      Y = E ./ sum(E, 3);
    otherwise
      error('predict:layerType', ...
            'Layer ''%s'': the type ''%s'' is unknown.', ...
            layer.Name, layer.Type);
  end
end

function Y = normalize(layer, X)
  switch layer.Normalization
    case 'none'
      Y = X;
    case 'zerocenter'
      Y = X - statistic(layer, 'Mean', X);
    case 'zscore'
      Y = (X - statistic(layer, 'Mean', X)) ...
          ./ statistic(layer, 'StandardDeviation', X);
    case 'rescale-zero-one'
      Y = rescale01(layer, X);
    case 'rescale-symmetric'
      Y = 2 * rescale01(layer, X) - 1;
    otherwise
      error('predict:normalization', ...
            'Layer ''%s'': the normalization ''%s'' is unknown.', ...
            layer.Name, layer.Normalization);
  end
end

function Y = rescale01(layer, X)
  low = statistic(layer, 'Min', X);
  high = statistic(layer, 'Max', X);
  Y = (X - low) ./ (high - low);
end

% A value per channel or a value per pixel and channel, in double.
function value = statistic(layer, name, X)
  value = double(parameter(layer, name));
  have = [size(value, 1), size(value, 2), size(value, 3)];
  want = [size(X, 1), size(X, 2), size(X, 3)];
  if ndims(value) > 3 || ...
      ~(isequal(have, [1, 1, want(3)]) || isequal(have, want))
    error('predict:parameterSize', ...
          'Layer ''%s'': %s must be 1x1x%d or %s.', ...
          layer.Name, name, want(3), sizeText(want));
  end
end

% Without this, a missing field would give a message that names no layer.
function value = parameter(layer, name)
  if ~isfield(layer, name)
    error('predict:parameterMissing', 'Layer ''%s'' has no %s.', ...
          layer.Name, name);
  end
  value = layer.(name);
end

% A whole plane at a time: the loops run over the kernel, not over the pixels.
% Kernels are not flipped.
function Y = convolve(layer, X)
  W = double(parameter(layer, 'Weights'));
  bias = double(parameter(layer, 'Bias'));
  stride = steps(layer, 'Stride');
  [kh, kw, nIn, nOut] = size(W);
  if ndims(W) > 4 || nIn ~= size(X, 3) || numel(bias) ~= nOut
    error('predict:parameterSize', ['Layer ''%s'': Weights %s and ' ...
          '%d Bias values do not fit together, or not %d input channels.'], ...
          layer.Name, sizeText(size(W)), numel(bias), size(X, 3));
  end
  X = pad(layer, X);
  [rows, columns] = windowStarts(layer, X, [kh kw], stride);
  Y = zeros(numel(rows), numel(columns), nOut) + reshape(bias, 1, 1, nOut);
  for c = 1:nIn
    for j = 1:kw
      for i = 1:kh
        w = reshape(W(i, j, c, :), 1, 1, nOut);
        Y = Y + X(rows + i - 1, columns + j - 1, c) .* w;
      end
    end
  end
end

function P = pad(layer, X)
  p = double(parameter(layer, 'Padding'));
  if numel(p) ~= 4 || any(p(:) < 0) || any(p(:) ~= fix(p(:)))
    error('predict:parameterSize', ...
          'Layer ''%s'': Padding must be [top bottom left right].', ...
          layer.Name);
  end
  [h, w, c] = size(X);
  P = zeros(p(1) + h + p(2), p(3) + w + p(4), c);
  P(p(1) + (1:h), p(3) + (1:w), :) = X;
end

% Two positive integers, [vertical horizontal].
function value = steps(layer, name)
  value = double(parameter(layer, name));
  if numel(value) ~= 2 || any(value(:) < 1) || any(value(:) ~= fix(value(:)))
    error('predict:parameterSize', ...
          'Layer ''%s'': %s must be two positive integers.', layer.Name, name);
  end
end

% First row and first column of every window that lies wholly inside X.
function [rows, columns] = windowStarts(layer, X, window, stride)
  rows = 1:stride(1):(size(X, 1) - window(1) + 1);
  columns = 1:stride(2):(size(X, 2) - window(2) + 1);
  if isempty(rows) || isempty(columns)
    error('predict:inputTooSmall', ...
          'Layer ''%s'': the window %s is larger than its input %s.', ...
          layer.Name, sizeText(window), sizeText(size(X)));
  end
end

function Y = pool(layer, X, takeMaximum)
  window = steps(layer, 'PoolSize');
  [rows, columns] = windowStarts(layer, X, window, steps(layer, 'Stride'));
  Y = X(rows, columns, :);
  for n = 2:window(1) * window(2)         % the first pixel is in Y already
    [i, j] = ind2sub(window(:).', n);
    plane = X(rows + i - 1, columns + j - 1, :);
    if takeMaximum
      Y = max(Y, plane);
    else
      Y = Y + plane;
    end
  end
  if ~takeMaximum
    Y = Y / (window(1) * window(2));
  end
end

% As at inference: the statistics are those of the training.
function Y = normalizeChannels(layer, X)
  variance = statistic(layer, 'TrainedVariance', X);
  Y = (X - statistic(layer, 'TrainedMean', X)) ...
      ./ sqrt(variance + double(parameter(layer, 'Epsilon')));
  Y = Y .* statistic(layer, 'Scale', X) + statistic(layer, 'Offset', X);
end

% Each value over a power of the mean square of the channels around it.
function Y = normalizeAcross(layer, X)
  window = double(parameter(layer, 'WindowChannelSize'));
  reach = floor(window / 2);
  n = size(X, 3);
  Y = X;
  for c = 1:n
    near = X(:, :, max(c - reach, 1):min(c + reach, n));
    total = double(parameter(layer, 'K')) ...
            + double(parameter(layer, 'Alpha')) * sum(near .^ 2, 3) / window;
    Y(:, :, c) = X(:, :, c) ./ total .^ double(parameter(layer, 'Beta'));
  end
end

function Y = connect(layer, X)
  W = double(parameter(layer, 'Weights'));
  bias = double(parameter(layer, 'Bias'));
  [K, h, w, c] = size(W);
  if ndims(W) > 4 || numel(bias) ~= K || ...
      ~isequal([h w c], [size(X, 1), size(X, 2), size(X, 3)])
    error('predict:parameterSize', ['Layer ''%s'': Weights %s and ' ...
          '%d Bias values do not fit together, or not the input %s.'], ...
          layer.Name, sizeText(size(W)), numel(bias), sizeText(size(X)));
  end
  terms = reshape(W, K, h * w * c) .* reshape(X, 1, h * w * c);
  Y = reshape(sum(terms, 2) + bias(:), 1, 1, K);
end

% A size for a message, as 3x4x5.
function text = sizeText(v)
  text = [sprintf('%d', v(1)), sprintf('x%d', v(2:end))];
end
