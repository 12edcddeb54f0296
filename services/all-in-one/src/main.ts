import { runProcess } from "@heliograph/runtime";
import { startAllInOne } from "./start-all-in-one.js";

await runProcess(async (lifecycle) => {
  const { greeting } = await startAllInOne(process.env, lifecycle);
  process.stdout.write(greeting);
});
