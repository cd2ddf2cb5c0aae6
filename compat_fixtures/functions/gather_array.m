function A = gather_array(A)
% A in the host's memory: MATLAB may have computed it on a GPU.
if ~is_octave()
    A = gather(A);
end
end
