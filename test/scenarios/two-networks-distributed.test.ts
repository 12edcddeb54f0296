import { describeTwoNetworks } from "./two-networks.js";

describeTwoNetworks("distributed");
