function A = read_array(content)
% The array in a JSON file, or in a decoded part of one: its class, its size, and its values down the columns.
if ischar(content)
    text = fileread(content);
    content = struct();
    content.class = char(regexp(text, '"class": "(\w+)"', 'tokens', 'once'));
    content.size = sscanf(char(regexp(text, '"size": \[([^\]]*)\]', 'tokens', 'once')), '%d,');
    % Not by jsondecode: Octave's gives doubles whose last bit may be wrong.
    content.values = sscanf(char(regexp(text, '"values": \[([^\]]*)\]', 'tokens', 'once')), '%f,');
end
A = reshape(cast(content.values, content.class), content.size(:)');
end
