% Compute the reference files of the parity cases in cases/, and record who computed them.
%
%   In MATLAB (R2024a or later, with Deep Learning Toolbox and Image Processing Toolbox):  run generate_fixtures
%   In GNU Octave, at a terminal:  octave-cli compat_fixtures/generate_fixtures.m
%
% In MATLAB, the real occlusionSensitivity and imresize compute them, on dlnetwork objects built from the stored weights. In
% Octave, the functions in octave/ stand in. Each writes into a folder of its own, cases/*/references/matlab or
% cases/*/references/octave: the references of others stay as they are. An error that is none of the call's arguments (a
% licence, a toolbox that is missing) ends it with its own words, and changes nothing of that case. Afterwards,
% tools/write_manifest.py brings the manifest up to date.
%
% A script without functions of its own, so that both run it: one wants them at the end, the other before their use.

here = fileparts(mfilename('fullpath'));
addpath(fullfile(here, 'functions'));
if is_octave()
    addpath(fullfile(here, 'octave'));
end
folders = computed_cases(fullfile(here, 'cases'));
for k = 1:numel(folders)
    fprintf('%d of %d: %s\n', k, numel(folders), folders{k});
    refusal = write_reference(folders{k});
    if ~isempty(refusal)
        fprintf('  is an error: %s\n', refusal);
    end
end
