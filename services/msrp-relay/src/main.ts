import { runProcess } from "@heliograph/runtime";
import { runAlone } from "./adapters/run-alone.js";

await runProcess((lifecycle) => runAlone(process.env, lifecycle));
