"""The parts of the sample data's generator: tables kept by hand, trade drawn at random, and books posted from it."""
