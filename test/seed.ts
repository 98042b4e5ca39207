// Loaded before every test file: properties draw from one seed, so that a red run is red again.
// FC_SEED chooses another.

import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });
