import { ddim, ddpm } from "./ancestral.ts";
import type { Solver } from "./solver.ts";
import { euler, heun } from "./straight.ts";

/** Names of {@link solvers}, as configs and command lines spell them. */
export type SolverName = "euler" | "heun" | "ddim" | "ddpm";

/** Every solver by name. */
export const solvers: Readonly<Record<SolverName, Solver>> = { euler, heun, ddim, ddpm };
