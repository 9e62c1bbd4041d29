// Chromium (CDP, playwright-core) and Firefox (WebDriver BiDi, puppeteer-core) behind one small
// face, so that a test says who does what and not by which driver.
import fs from "node:fs";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { until } from "./server.mjs";

const paths = { chromium: "/usr/bin/chromium", firefox: "/usr/bin/firefox-esr" };

const firefoxPrefs = {
  // A tone and a moving picture made by the browser, given without asking.
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  "media.gmp-manager.updateEnabled": false,
  "app.update.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "extensions.getAddons.cache.enabled": false,
  "intl.accept_languages": "fr",
};

/** Without TURN a browser has the other ways only: for tests of those. */
export const connections = { turn: true };

/** What runs in a page before its own scripts: { run, argument } each. */
export const beforePages = [];

// Connections and sockets of a page are kept where a test finds them: their ports, their
// statistics, and a way to cut them.
function keepConnections(turn) {
  const Socket = WebSocket;
  window.__sockets = [];
  window.WebSocket = class extends Socket {
    constructor(...how) { super(...how); window.__sockets.push(this); }
  };
  const Native = RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(config) { super(turn ? config : { ...config, iceServers: [] }); window.__connections.push(this); }
    setConfiguration(config) { super.setConfiguration(turn ? config : { ...config, iceServers: [] }); }
  };
}

let chromiumBrowser = null, firefoxBrowser = null;
const more = { chromium: [], firefox: {}, cameras: 1 };

/** Arguments of Chromium and preferences of Firefox, and how many cameras Chromium finds, for the
 *  browsers launched from now on. */
export function browserOptions({ chromium = [], firefox = {}, cameras = 1 }) {
  Object.assign(more, { chromium, firefox, cameras });
}

async function launchChromium(server) {
  chromiumBrowser ??= await chromium.launch({
    executablePath: paths.chromium,
    // Its own words (date fields, file choosers) are on the pictures too.
    env: { ...process.env, LANG: "fr_FR.UTF-8", LANGUAGE: "fr_FR" },
    args: [
      ...more.chromium,
      "--lang=fr-FR",
      "--no-sandbox", // tests may run as root
      `--use-fake-device-for-media-stream=device-count=${more.cameras}`, "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
      // a browser offers its own loopback address only when told to
      ...(server.loopback === false ? [] : ["--allow-loopback-in-peer-connection"]),
      `--ignore-certificate-errors-spki-list=${server.pin}`,
      "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
      "--auto-select-desktop-capture-source=Entire screen", "--disable-dev-shm-usage",
    ],
  });
  return chromiumBrowser;
}

async function launchFirefox() {
  firefoxBrowser ??= await puppeteer.launch({
    browser: "firefox", executablePath: paths.firefox, headless: true, acceptInsecureCerts: true,
    extraPrefsFirefox: { ...firefoxPrefs, ...more.firefox }, protocolTimeout: 120_000,
  });
  return firefoxBrowser;
}

export async function closeBrowsers() {
  await Promise.all([chromiumBrowser?.close(), firefoxBrowser?.close()]);
  chromiumBrowser = firefoxBrowser = null;
}

/** One person at a browser: a context of their own (cookies, storage), one page. */
export class Person {
  static async open(server, kind = "chromium", { width = 1280, height = 800, dark = false, language = "fr-FR", proxy } = {}) {
    const person = new Person();
    person.server = server;
    person.kind = kind;
    person.errors = [];
    if (kind === "chromium") {
      const browser = await launchChromium(server);
      person.context = await browser.newContext({
        ignoreHTTPSErrors: true, viewport: { width, height }, locale: language,
        colorScheme: dark ? "dark" : "light", permissions: ["camera", "microphone"], reducedMotion: "reduce", proxy,
      });
      person.context.setDefaultNavigationTimeout(60_000);
      await person.context.addInitScript(keepConnections, connections.turn);
      for (const { run, argument } of beforePages) await person.context.addInitScript(run, argument);
      person.page = await person.context.newPage();
    } else {
      const browser = await launchFirefox();
      person.context = await browser.createBrowserContext();
      // A window of its own: behind another tab a page is hidden, and asks for no pictures.
      person.page = await person.context.newPage({ type: "window" });
      await person.page.evaluateOnNewDocument(keepConnections, connections.turn);
      for (const { run, argument } of beforePages) await person.page.evaluateOnNewDocument(run, argument);
      await person.page.setViewport({ width, height });
    }
    person.page.on("pageerror", error => person.errors.push(String(error?.message ?? error)));
    person.page.on("console", message => { if (message.type() === "error") person.errors.push(message.text()); });
    return person;
  }

  async go(where) {
    const url = new URL(where, this.server.url).href;
    // A fragment alone does not load a page again.
    if (this.page.url().split("#")[0] === url.split("#")[0] && url.includes("#")) await this.page.goto("about:blank");
    await this.page.goto(url, { waitUntil: this.kind === "chromium" ? "domcontentloaded" : "load" });
  }

  evaluate(fn, argument) { return this.page.evaluate(fn, argument); }

  /** Waits until a function of the page gives something true, and resolves with it. */
  async see(what, fn, argument, ms = 20_000) {
    return until(`${this.kind}: ${what}`, () => this.evaluate(fn, argument), ms, 100)
      .catch(async error => { throw new Error(`${error.message}\npage ${this.page.url()} says: ${await this.text().catch(() => "?")}\nerrors: ${this.errors.slice(-5).join(" | ")}`); });
  }

  text() { return this.evaluate(() => document.body.innerText.replace(/\s+/g, " ").slice(0, 1500)); }

  seeText(pattern, ms) {
    return this.see(`text ${pattern}`, ({ source, flags }) => new RegExp(source, flags).test(document.body.innerText.replace(/\s+/g, " ")),
      { source: pattern.source, flags: pattern.flags }, ms);
  }

  // Marks the first visible, enabled element that a selector and a name (what a screen reader
  // says) fit, and gives a selector for it.
  async #mark(selector, name, ms) {
    const pattern = name instanceof RegExp ? { source: name.source, flags: name.flags } : name === undefined ? null
      : { source: name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), flags: "i" };
    const mark = await this.see(`${selector} named ${name}`, ({ selector, pattern }) => {
      const wanted = pattern && new RegExp(pattern.source, pattern.flags);
      const nameOf = element => {
        const by = element.getAttribute("aria-labelledby");
        return [element.getAttribute("aria-label"), by && by.split(/\s+/).map(id => document.getElementById(id)?.textContent).join(" "),
          element.labels && [...element.labels].map(l => l.textContent).join(" "), element.innerText, element.title, element.placeholder,
          element.type === "submit" && element.value].filter(Boolean).join(" ").replace(/\s+/g, " ");
      };
      for (const element of document.querySelectorAll(selector)) {
        const box = element.getBoundingClientRect();
        if (!box.width || !box.height || element.disabled || element.getAttribute("aria-disabled") === "true") continue;
        if (getComputedStyle(element).visibility === "hidden" || element.closest("[inert]")) continue;
        if (wanted && !wanted.test(nameOf(element))) continue;
        element.scrollIntoView({ block: "center", inline: "center" });
        // Pressed where it stands for two looks: what moves would be missed.
        const { left, top } = element.getBoundingClientRect(), stood = element.dataset.stood;
        element.dataset.stood = `${Math.round(left)},${Math.round(top)}`;
        if (stood !== element.dataset.stood) return null;
        window.__mark = (window.__mark ?? 0) + 1;
        element.setAttribute("data-mark", window.__mark);
        return window.__mark;
      }
      return null;
    }, { selector, pattern }, ms);
    return `[data-mark="${mark}"]`;
  }

  async press(name, { selector = "button, a, [role=button], summary, label", ms } = {}) {
    const marked = await this.#mark(selector, name, ms);
    await this.page.click(marked, this.kind === "chromium" ? { timeout: 20_000, noWaitAfter: true } : undefined);
  }

  async fill(name, value, { selector = "input, textarea, select", ms } = {}) {
    const marked = await this.#mark(selector, name, ms);
    const kind = await this.evaluate(marked => { const e = document.querySelector(marked); return e.tagName === "SELECT" ? "select" : e.type; }, marked);
    if (this.kind === "chromium") {
      if (kind === "select") await this.page.selectOption(marked, value);
      else await this.page.fill(marked, value);
      return;
    }
    if (kind === "select") await this.page.select(marked, value);
    else if (kind === "date" || kind === "time" || kind === "datetime-local") {
      await this.evaluate(({ marked, value }) => {
        const element = document.querySelector(marked);
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value").set.call(element, value);
        element.dispatchEvent(new Event("input", { bubbles: true }));
        element.dispatchEvent(new Event("change", { bubbles: true }));
      }, { marked, value });
    } else {
      await this.page.click(marked, { count: 3 });
      await this.page.type(marked, value);
    }
  }

  async resize(width, height) {
    if (this.kind === "chromium") await this.page.setViewportSize({ width, height });
    else await this.page.setViewport({ width, height });
    // The page may still be laid out at its old width when the browser has answered.
    await this.see(`the page laid out at ${width} px`, w => innerWidth === w && new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))), width);
  }

  async screenshot(file) {
    fs.mkdirSync(new URL(".", `file://${file}`).pathname, { recursive: true });
    await this.page.screenshot({ path: file, fullPage: true, ...(this.kind === "chromium" ? { animations: "disabled" } : {}) });
  }

  /** What the page's call knows of itself (docs: window.__teleloire), or null outside a call. */
  call() { return this.evaluate(() => window.__teleloire?.inspect() ?? null); }

  /** Waits until sound and picture of these many others are really decoded, and grow. */
  async hearsAndSees(others, ms = 30_000) {
    const grown = async () => {
      const before = await this.call();
      if (!before) return null;
      await new Promise(resolve => setTimeout(resolve, 1_500));
      const after = await this.call();
      const kinds = { sound: new Set(), picture: new Set() };
      for (const slot of after.slots) {
        const was = before.slots.find(s => s.mid === slot.mid);
        if (!slot.participant || slot.participant !== was?.participant) continue;
        if (slot.totalAudioEnergy > was.totalAudioEnergy + 1e-6) kinds.sound.add(slot.participant);
        if (slot.framesDecoded >= was.framesDecoded + 2 && slot.frameWidth > 0) kinds.picture.add(slot.participant);
      }
      return kinds.sound.size >= others && kinds.picture.size >= others ? after : null;
    };
    return until(`${this.kind} hears and sees ${others}`, grown, ms, 10)
      .catch(async error => { throw new Error(`${error.message}\n${JSON.stringify(await this.call().catch(() => null))}\n${await this.text().catch(() => "?")}\n${this.errors.slice(-5).join(" | ")}`); });
  }

  /** The page's sockets end and no other opens, until cut(false): media goes on meanwhile. */
  async cut(on = true) {
    await this.context.setOffline(on);
    if (on) await this.evaluate(() => window.__sockets.forEach(socket => socket.close()));
  }

  /** Eight people seen by three browsers on two cores: their cameras send small pictures. */
  async smallCamera() {
    await this.evaluate(() => window.__teleloire.call.localTrack("camera")?.applyConstraints({ width: 320, height: 180, frameRate: 10 }));
  }

  async close() { await this.context.close(); }
}
