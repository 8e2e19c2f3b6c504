//! Python bindings of attractorlab.
