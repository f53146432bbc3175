// What scripts add to the pages: ages, copy buttons, and news of blocks as they come.
// Without this file every page reads the same; it only goes stale until it is loaded again.

const news = document.getElementById("news");
const badge = document.getElementById("connection");
const RETRY_MS = { first: 1000, most: 30000 };

// ------------------------------------------------------------------- ages

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? UNITS.at(-1);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

function showAges(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const text = age(Date.now() - Date.parse(time.dateTime));
    if (time.dataset.age !== undefined) {
      if (!time.title) time.title = `${time.textContent} UTC`;
      time.textContent = text;
    } else {
      let note = time.nextElementSibling;
      if (!note?.classList.contains("age")) {
        note = document.createElement("span");
        note.className = "age";
        time.after(" ", note);
      }
      note.textContent = `(${text})`;
    }
  }
}

// ------------------------------------------------------------ copy buttons

function addCopyButtons(root = document) {
  if (!navigator.clipboard) return;
  for (const place of root.querySelectorAll("[data-copy]:empty")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${place.dataset.copy.slice(0, 12)}…`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(place.dataset.copy);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    place.append(button);
  }
}

// -------------------------------------------------------------------- news

function shownHeight() {
  return Number(document.body.dataset.height);
}

function announce(head) {
  const count = head.height - shownHeight();
  let text = "The chain has changed – show";
  if (count > 0) text = `${count} new block${count === 1 ? "" : "s"} – show`;
  let button = news.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", showNews);
    news.append(button);
  }
  button.textContent = text;
}

// Takes the fresh page's matter over into this one, so that scroll position and socket stay.
async function showNews() {
  const fresh = await fetchPage();
  const places = document.querySelectorAll("[data-fresh]");
  if (!fresh || fresh.querySelectorAll("[data-fresh]").length !== places.length) {
    location.reload();
    return;
  }
  for (const place of places) {
    const name = CSS.escape(place.dataset.fresh);
    place.replaceWith(document.adoptNode(fresh.querySelector(`[data-fresh="${name}"]`)));
  }
  const follow = fresh.getElementById("news").dataset.follow;
  news.dataset.follow = follow;
  document.body.dataset.height = fresh.body.dataset.height;
  document.querySelector(".bottom p").textContent = fresh.querySelector(".bottom p").textContent;
  news.replaceChildren();
  document.getElementById("main").focus({ preventScroll: true });
  enliven();
}

async function fetchPage() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

// ------------------------------------------------------------------ socket

let socket = null;
let wait = RETRY_MS.first;
let timer = 0;

function say(state, text) {
  if (badge.textContent === text) return;
  badge.hidden = false;
  badge.className = `badge ${state}`;
  badge.textContent = text;
}

function connect() {
  clearTimeout(timer);
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/ws`);
  socket.addEventListener("open", () => {
    const params = { topic: "newHeads" };
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params }));
  });
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", retry);
}

function hear(message) {
  if (message.id === 1 && message.result !== undefined) {
    wait = RETRY_MS.first;
    say("live", "Live");
  } else if (message.method === "subscription" && message.params.topic === "newHeads") {
    if (news.dataset.follow === "heads") announce(message.params.result);
  }
}

function retry() {
  say("offline", "Offline, trying again");
  // Pages that lost one server must not all come back in the same moment.
  timer = setTimeout(connect, wait * (0.5 + Math.random()));
  wait = Math.min(2 * wait, RETRY_MS.most);
}

function hangUp() {
  clearTimeout(timer);
  socket?.removeEventListener("close", retry);
  socket?.close();
}

function enliven() {
  showAges();
  addCopyButtons();
}

enliven();
setInterval(showAges, 5000);
// A page without a node behind it (an error page) has nothing to follow.
if (document.body.dataset.height !== undefined) {
  say("connecting", "Connecting");
  connect();
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
}
