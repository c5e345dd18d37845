/** Says that the server does not answer or needs a key, and what to do. */
import { useEffect, useState } from "preact/hooks";
import { connect } from "../state/answerers.ts";
import { app, setApp } from "../state/app-state.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";

export function ConnectionBanner() {
  const connection = useStore(app, (state) => state.connection);
  const answersElsewhere = useStore(app, (state) => state.answerers.some(({ place }) => place === "browser"));
  if (connection.kind === "key-needed") {
    return (
      <div class="banner" role="alert">
        <Icon name="locked" />
        <p>This server needs an API key.</p>
        <button type="button" class="button" onClick={() => setApp({ isKeyAsked: true })}>
          Enter key
        </button>
      </div>
    );
  }
  if (connection.kind !== "unreachable" || answersElsewhere) return null;
  return (
    <div class="banner">
      <Icon name="warning" />
      <p>
        <span role="alert">The server does not answer.</span> <Countdown until={connection.retryAt} />
      </p>
      <button type="button" class="button" onClick={() => void connect()}>
        Try now
      </button>
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <span class="hint">{seconds > 0 ? `Trying again in ${seconds} s.` : "Trying…"}</span>;
}
