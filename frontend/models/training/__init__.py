"""How the bundled model was made: see the README beside this file."""
