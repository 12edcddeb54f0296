import { runProcess } from "@heliograph/runtime";
import { connect } from "./adapters/connect.js";

await runProcess((lifecycle) => connect(process.env, lifecycle));
