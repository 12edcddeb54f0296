import { describeAutoAnswerFlows } from "./auto-answer-flows.js";

describeAutoAnswerFlows("embedded");
