function [source, tool] = this_tool()
% Who computes here: 'matlab' or 'octave', and its version.
if is_octave()
    source = 'octave';
    tool = sprintf('GNU Octave %s with compat_fixtures/octave', version());
else
    source = 'matlab';
    tool = sprintf('MATLAB %s', version());
end
end
