"""Language packs: llama.cpp behind the host process, and a scripted model for tests."""
