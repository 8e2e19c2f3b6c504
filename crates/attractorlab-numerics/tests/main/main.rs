//! Tests of the public interface, one module a room.

mod linalg;
