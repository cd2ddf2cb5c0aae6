function folders = computed_cases(root)
% The cases that are computed here: calls of the two functions. Others hold published facts.
entries = dir(root);
folders = {};
for k = 1:numel(entries)
    file = fullfile(root, entries(k).name, 'case.json');
    if exist(file, 'file')
        description = jsondecode(fileread(file));
        if any(strcmp(description.kind, {'occlusionSensitivity', 'imresize'}))
            folders{end + 1} = fullfile(root, entries(k).name); %#ok<AGROW>
        end
    end
end
end
