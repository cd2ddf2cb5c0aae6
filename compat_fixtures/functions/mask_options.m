function [geometry, others, upsampling] = mask_options(pairs)
% Name-value pairs, under their full names, in three: those that place the masks; the others; and OutputUpsampling.
names = {'MaskSize', 'Stride', 'MaskClipping', 'MaskValue', 'MiniBatchSize', 'ExecutionEnvironment', 'OutputUpsampling'};
geometry = {};
others = {};
upsampling = {};
for k = 1:2:numel(pairs)
    name = char(pairs{k});
    index = find(strncmpi(name, names, numel(name)));
    if numel(index) ~= 1
        error('mask_options:name', '%s is not the name of an option of occlusionSensitivity.', name);
    end
    pair = {names{index}, pairs{k + 1}};
    if index <= 3
        geometry = [geometry, pair]; %#ok<AGROW>
    elseif index < numel(names)
        others = [others, pair]; %#ok<AGROW>
    else
        upsampling = pair;
    end
end
end
