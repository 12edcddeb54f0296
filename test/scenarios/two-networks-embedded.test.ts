import { describeTwoNetworks } from "./two-networks.js";

describeTwoNetworks("embedded");
