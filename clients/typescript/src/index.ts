export { createPivotrClient, type Options, type PivotrClient } from "./client.js";
export { items, type Page } from "./pages.js";
export { PivotrError, type Problem } from "./problem.js";
export type { components, operations, paths } from "./schema.js";
