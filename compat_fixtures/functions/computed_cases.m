function folders = computed_cases(root)
% The cases that are computed here: those of a function whose reference is not exact, nor in Octave MATLAB's.
entries = dir(root);
folders = {};
for k = 1:numel(entries)
    folder = fullfile(root, entries(k).name);
    if exist(fullfile(folder, 'case.json'), 'file') && is_computed(folder)
        folders{end + 1} = folder; %#ok<AGROW>
    end
end
end

function yes = is_computed(folder)
description = jsondecode(fileread(fullfile(folder, 'case.json')));
yes = any(strcmp(description.kind, {'occlusionSensitivity', 'imresize'}));
file = fullfile(folder, 'reference.json');
if yes && exist(file, 'file')
    reference = jsondecode(fileread(file));
    yes = ~strcmp(reference.source, 'exact') && ~(is_octave() && strcmp(reference.source, 'matlab'));
end
end
