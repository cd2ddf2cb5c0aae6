"""Networks: ONNX files through ONNX Runtime, with MATLAB's object around them."""
