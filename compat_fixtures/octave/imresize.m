% IMRESIZE  Resize an image or a map.
%
% Stands in for MATLAB's function of this name when the fixtures are generated
% in GNU Octave; written from the rules in
% docs/compatibility.md, section "imresize".
%
%   B = imresize(A, scale)
%   B = imresize(A, [rows columns])
%   B = imresize(A, ..., method)
%   B = imresize(A, ..., method, 'Antialiasing', tf)
%
% Inputs:  A       H x W or H x W x C; uint8 ... int32, single or double
%          scale   positive number, or the output size as two positive integers
%          method  'bicubic' (default), 'bilinear' or 'nearest'
%          tf      true or false; by default true, but false for 'nearest'
% Output:  B       the resized array, of the class of A
function B = imresize(A, scaleOrSize, varargin)
  checkArray(A);
  [method, antialias] = readOptions(varargin);
  [scale, outSize] = readSize(size(A), scaleOrSize);

  axisOrder = [1 2];                      % rule 6: rows first on a tie
  if scale(2) < scale(1)
    axisOrder = [2 1];
  end
  B = A;
  for k = axisOrder
    if scale(k) ~= 1                      % rule 9: would change nothing
      B = resizeAxis(B, k, scale(k), outSize(k), method, antialias);
    end
  end
end

function checkArray(A)
  classes = {'uint8', 'uint16', 'uint32', 'int8', 'int16', 'int32', ...
             'single', 'double'};
  if ~any(strcmp(class(A), classes)) || ~isreal(A)
    error('imresize:class', ...
          'A must be a real array of uint8 ... int32, single or double.');
  end
  if ndims(A) > 3 || isempty(A)
    error('imresize:dimensions', 'A must be H x W or H x W x C, not empty.');
  end
end

function [method, antialias] = readOptions(args)
  method = 'bicubic';
  if mod(numel(args), 2) == 1             % an argument without a partner
    method = lower(char(args{1}));
    args = args(2:end);
  end
  if ~any(strcmp(method, {'bicubic', 'bilinear', 'nearest'}))
    error('imresize:method', ...
          'The method ''%s'' is not bicubic, bilinear or nearest.', method);
  end
  antialias = ~strcmp(method, 'nearest');
  for k = 1:2:numel(args)
    if ~strcmpi(char(args{k}), 'Antialiasing')
      error('imresize:option', 'The only option is Antialiasing.');
    end
    antialias = args{k + 1};
    if ~isscalar(antialias) || ~(antialias == 0 || antialias == 1)
      error('imresize:option', 'Antialiasing must be true or false.');
    end
  end
end

% Rule 1: the two forms give different scales when scale*in is no integer.
function [scale, outSize] = readSize(inSize, s)
  inSize = inSize(1:2);
  if ~isnumeric(s) || ~isreal(s) || ~all(isfinite(s(:))) || ~all(s(:) > 0)
    error('imresize:size', 'The scale or size must be positive and finite.');
  end
  s = double(s(:).');
  if isscalar(s)
    scale = [s s];
    outSize = ceil(s * inSize);
  elseif numel(s) == 2 && all(s == fix(s))
    outSize = s;
    scale = outSize ./ inSize;
  else
    error('imresize:size', ...
          'Give one scale, or the output size as two positive integers.');
  end
end

% The second axis is resized by exchanging it with the first and back.
function B = resizeAxis(A, k, scale, nOut, method, antialias)
  if k == 2
    A = permute(A, [2 1 3]);
  end
  if strcmp(method, 'nearest') && ~(antialias && scale < 1)
    B = A(nearestRows(size(A, 1), scale, nOut), :, :);
  else
    B = weightRows(A, scale, nOut, method, antialias);
  end
  if k == 2
    B = permute(B, [2 1 3]);
  end
end

% Rule 2: where the centre of each output pixel lies in input coordinates.
% Rule 8 depends on the last bit of this, so the expression must stay as it is.
function u = centres(scale, nOut)
  x = (1:nOut).';
  u = x / scale + 0.5 * (1 - 1 / scale);
end

function rows = nearestRows(nIn, scale, nOut)
  rows = mirror(floor(centres(scale, nOut) + 0.5), nIn);
end

% One tap at a time for all output rows, in increasing tap order. Sums in
% double; the cast rounds half away from zero and saturates (rule 7).
function B = weightRows(A, scale, nOut, method, antialias)
  [rows, weights] = tapTable(size(A, 1), scale, nOut, method, antialias);
  A2 = double(A);
  total = zeros(nOut, size(A, 2), size(A, 3));
  for p = 1:size(rows, 2)
    total = total + weights(:, p) .* A2(rows(:, p), :, :);
  end
  B = cast(total, class(A));
end

% Row x of the two tables: the input rows of output row x, and their weights.
function [rows, weights] = tapTable(nIn, scale, nOut, method, antialias)
  width = 4;
  if strcmp(method, 'bilinear')
    width = 2;
  elseif strcmp(method, 'nearest')
    width = 1;
  end
  shrink = 1;
  if antialias && scale < 1               % rule 4
    shrink = scale;
    width = width / scale;
  end
  u = centres(scale, nOut);
  left = floor(u - width / 2);
  taps = left + (0:ceil(width) + 1);
  weights = shrink * kernel(shrink * (u - taps), method);
  weights = weights ./ sum(weights, 2);
  rows = mirror(taps, nIn);
end

% Rule 3.
function h = kernel(t, method)
  a = abs(t);
  if strcmp(method, 'bicubic')            % Keys (1981), a = -0.5
    inner = 1.5 * a.^3 - 2.5 * a.^2 + 1;
    outer = -0.5 * a.^3 + 2.5 * a.^2 - 4 * a + 2;
    h = inner .* (a <= 1) + outer .* (a > 1 & a <= 2);
  elseif strcmp(method, 'bilinear')
    h = max(1 - a, 0);
  else
    h = double(t >= -0.5 & t < 0.5);
  end
end

% Rule 5: the pixels repeat as 1 ... n, n ... 1 with period 2n.
function rows = mirror(taps, n)
  k = mod(taps - 1, 2 * n);
  rows = min(k, 2 * n - 1 - k) + 1;
end
