"""Floor 6, composition: settings, processes, wiring, the command line. It owns no rule."""
