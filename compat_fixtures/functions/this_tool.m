function [source, tool] = this_tool()
% Who computes here: 'matlab' or 'octave', and its version.
if is_octave()
    source = 'octave';
    tool = sprintf('GNU Octave %s with compat_fixtures/octave', version());
    return
end
source = 'matlab';
tool = sprintf('MATLAB %s', version());
% Never MATLAB's name on what the stand-ins computed: all folders of compat_fixtures may be on the path.
for name = {'occlusionSensitivity', 'imresize'}
    if contains(which(name{1}), 'compat_fixtures')
        error('this_tool:shadowed', '%s is the one of compat_fixtures/octave: remove that folder from the path.', name{1});
    end
end
end
