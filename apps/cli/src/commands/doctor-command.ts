import { Command } from "commander";
import { type GlobalOptions, withGlobalOptions } from "../global-options.ts";

/** `interfuse doctor` */
export function doctorCommand(): Command {
  return withGlobalOptions(
    new Command("doctor").description("say which backend and device compute here, why, and how fast"),
  ).action(async (options: GlobalOptions) => {
    const { doctor } = await import("../actions/doctor.ts");
    await doctor(options);
  });
}
