import { describePagerFlows } from "./pager-flows.js";

describePagerFlows("embedded", ["udp", "tcp", "tls", "ws", "wss"]);
