//! What the engine found out about one task: every step's ruling and scope.
