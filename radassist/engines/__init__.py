"""Engines behind host processes: model packs, vision (onnxruntime), language (llama.cpp), fakes."""
