function yes = is_octave()
% Whether this is GNU Octave, where the functions in octave/ stand in for MATLAB's.
yes = exist('OCTAVE_VERSION', 'builtin') ~= 0;
end
