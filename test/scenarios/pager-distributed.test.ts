import { describePagerFlows } from "./pager-flows.js";

describePagerFlows("distributed", ["udp", "wss"]);
