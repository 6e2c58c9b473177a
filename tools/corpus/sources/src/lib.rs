// Empty: this package only names the crates whose bundled C sources make.sh compiles.
