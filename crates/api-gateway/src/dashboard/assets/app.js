// Where the page begins: the connection first, then the screen that the address names.

import { startBanner } from "./banner.js";
import { connection } from "./connection.js";
import { reconnectFeed, startFeed } from "./feed.js";
import { askForKeys } from "./key-dialog.js";
import { startOutages } from "./outage.js";
import { refreshScreen, startRouter } from "./router.js";
import { session } from "./session.js";
import { startStats } from "./stats.js";
import { offerThemes } from "./theme-choice.js";

const part = (id) => document.getElementById(id);

part("skip").addEventListener("click", () => part("main").focus());
part("key-button").addEventListener("click", askForKeys);
offerThemes(part("theme-button"));
startBanner(part("banner"), part("link-state"));
startOutages();
startStats();
startRouter(part("main"));

// The stream waits for the first answer: only that tells whether a key is needed first.
let feedStarted = false;
let before = connection.get();
connection.subscribe((now) => {
  const isReachable = now.engine === "up" && !now.needsKey;
  const wasReachable = before.engine === "up" && !before.needsKey;
  before = now;
  if (!isReachable || wasReachable) return;
  if (feedStarted) reconnectFeed();
  else startFeed();
  feedStarted = true;
  refreshScreen();
});
session.subscribe(refreshScreen);
