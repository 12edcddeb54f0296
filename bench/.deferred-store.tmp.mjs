import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalBus } from "@heliograph/bus";
import { deferredStore } from "@heliograph/contracts";
import { openDatabase, startEmbeddedPostgres } from "@heliograph/database";
import { createDeferredStore, readDeferredStoreConfig } from "@heliograph/deferred-store";
import { TimerWheel } from "@heliograph/kernel";
import { loadConfig } from "@heliograph/runtime";
import { createMemoryState } from "@heliograph/state";
import { Metrics } from "@heliograph/telemetry";
/** Stores `messages` offline messages, `inFlight` at a time or `perSecond` of them, in a Postgres of its own. */ export async function benchDeferredStore({ messages = 20_000, inFlight = 64, perSecond = Number.POSITIVE_INFINITY, owners = 2_000, env = {} } = {}) {
    const dataDir = mkdtempSync(join(tmpdir(), "bench-deferred-"));
    const postgres = await startEmbeddedPostgres({
        dataDir
    });
    const database = openDatabase({
        url: postgres.url
    });
    const silent = {
        trace: nothing,
        debug: nothing,
        info: nothing,
        warn: nothing,
        error: nothing,
        fatal: nothing
    };
    const logger = silent;
    const clock = new TimerWheel();
    const bus = createLocalBus({
        clock,
        logger
    });
    const config = loadConfig({
        DATA_DIR: dataDir,
        ...env
    }, readDeferredStoreConfig);
    const chance = {
        token: ()=>Math.random().toString(36).slice(2)
    };
    const telemetry = {
        logger,
        metrics: new Metrics()
    };
    const store = createDeferredStore({
        bus,
        database,
        state: createMemoryState(),
        clock,
        chance,
        telemetry,
        config
    });
    await store.start();
    try {
        const run = (count)=>generate(bus, {
                count,
                inFlight,
                owners,
                perSecond
            });
        await run(Math.min(4_000, messages));
        const postgresBefore = cpuMicrosOf(postgres.pid());
        const nodeBefore = process.cpuUsage();
        const startedAt = performance.now();
        const latencies = await run(messages);
        const seconds = (performance.now() - startedAt) / 1_000;
        const node = process.cpuUsage(nodeBefore);
        return {
            messages,
            perSecond: Math.round(messages / seconds),
            nodeMicrosPerMessage: round((node.user + node.system) / messages),
            postgresMicrosPerMessage: round((cpuMicrosOf(postgres.pid()) - postgresBefore) / messages),
            p99Ms: round(latencies.sort((a, b)=>a - b)[Math.floor(latencies.length * 0.99)] ?? 0)
        };
    } finally{
        await bus.drain();
        await store.stop();
        await database.close();
        await postgres.stop();
        rmSync(dataDir, {
            recursive: true,
            force: true
        });
    }
}
async function generate(bus, { count, inFlight, owners, perSecond }) {
    const latencies = [];
    const startedAt = performance.now();
    let sent = 0;
    const worker = async ()=>{
        while(sent < count){
            const index = sent++;
            const waitMs = startedAt + index / perSecond * 1_000 - performance.now();
            if (waitMs > 0) await new Promise((resolve)=>setTimeout(resolve, waitMs));
            const owner = `sip:user${Math.floor(Math.random() * owners)}@bench.example`;
            const before = performance.now();
            const reply = await bus.request(deferredStore.storeMessage, {}, {
                message: messageTo(owner),
                owner,
                cause: "offline"
            });
            if (reply.kind !== "stored") throw new Error(reply.reason);
            latencies.push(performance.now() - before);
        }
    };
    await Promise.all(Array.from({
        length: inFlight
    }, worker));
    return latencies;
}
let made = 0;
const body = Buffer.from("A message of a usual length, as people write them when nobody is at home. ".repeat(3));
function messageTo(owner) {
    made += 1;
    return {
        id: `bench-${process.pid}-${made}`,
        requestUri: owner,
        recipient: owner,
        sender: {
            kind: "local",
            aor: "sip:alice@bench.example",
            asserted: [
                "sip:alice@bench.example"
            ]
        },
        from: `"Alice" <sip:alice@bench.example>;tag=t${made}`,
        to: `<${owner}>`,
        callId: `call-${made}@bench.example`,
        cseq: 1,
        maxForwards: 69,
        privacy: [],
        contentType: "text/plain",
        headers: [
            [
                "Date",
                "Mon, 23 Nov 2026 04:00:00 GMT"
            ],
            [
                "User-Agent",
                "bench/1.0"
            ]
        ],
        body,
        receivedAtMs: Date.now(),
        route: []
    };
}
/** User and system time of the server and all its processes; Linux only. */ function cpuMicrosOf(server) {
    let ticks = 0;
    for (const name of readdirSync("/proc")){
        if (!/^\d+$/.test(name)) continue;
        const fields = statOf(name);
        if (Number(name) !== server && Number(fields[1]) !== server) continue;
        ticks += Number(fields[11]) + Number(fields[12]);
        if (Number(name) === server) ticks += Number(fields[13]) + Number(fields[14]);
    }
    return ticks * 10_000;
}
function statOf(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, "utf8");
        return text.slice(text.lastIndexOf(")") + 2).split(" ");
    } catch  {
        return [];
    }
}
const round = (value)=>Math.round(value * 100) / 100;
const nothing = ()=>undefined;
