"""Vision packs run by onnxruntime: images in, masks and measurements or a named refusal out."""
