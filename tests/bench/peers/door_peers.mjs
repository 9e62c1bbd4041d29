// The door's peers: nginx for handshakes and files, Janus for WebSockets, each with the door's own
// certificate and one process, everything not named here its own default.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import { pinned } from "../support.mjs";
import { Daemon } from "./process.mjs";

export async function freeConnect(port) {
  await new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => { socket.destroy(); resolve(); });
    socket.on("error", reject);
  });
}

const folderFor = name => fs.mkdtempSync(path.join(os.tmpdir(), `teleloire-${name}-`));

export class Nginx {
  name = "nginx";
  static async start({ port, certificate, key, root }) {
    const peer = new Nginx();
    peer.port = port;
    peer.folder = folderFor("nginx");
    const file = path.join(peer.folder, "nginx.conf");
    fs.writeFileSync(file, `
daemon off;
worker_processes 1;
user root;
pid ${peer.folder}/pid;
error_log ${peer.folder}/error.log;
events { worker_connections 4096; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
  gzip off;
  keepalive_requests 1000000;
  client_body_temp_path ${peer.folder}; proxy_temp_path ${peer.folder}; fastcgi_temp_path ${peer.folder};
  uwsgi_temp_path ${peer.folder}; scgi_temp_path ${peer.folder};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.2 TLSv1.3;
    root ${root};
  }
}
`);
    peer.daemon = new Daemon(...pinned("nginx", ["-p", peer.folder, "-c", file]));
    await peer.daemon.answers(() => freeConnect(port), "nginx");
    return peer;
  }
  /** The one process that works. */
  pids() {
    return fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)).filter(name => {
      try { return Number(fs.readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ")[1]) === this.daemon.pid; } catch { return false; }
    }).map(Number);
  }
  async stop() { await this.daemon.stop(); fs.rmSync(this.folder, { recursive: true, force: true }); }
}

export class JanusDoor {
  name = "janus";
  static async start({ port, certificate, key }) {
    const peer = new JanusDoor();
    peer.port = port;
    peer.folder = folderFor("janus");
    fs.writeFileSync(path.join(peer.folder, "janus.jcfg"), `general: { configs_folder = "${peer.folder}"
  debug_level = 3
  server_name = "bench"
  session_timeout = 0 }
transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_http.so" }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_videocall.so,libjanus_videoroom.so,libjanus_voicemail.so" }
`);
    fs.writeFileSync(path.join(peer.folder, "janus.transport.websockets.jcfg"), `general: { ws = false
  wss = true
  wss_port = ${port}
  wss_ip = "127.0.0.1"
  pingpong_trigger = 15
  pingpong_timeout = 25 }
certificates: { cert_pem = "${certificate}"
  cert_key = "${key}" }
`);
    peer.daemon = new Daemon(...pinned("janus", [`--configs-folder=${peer.folder}`, `--config=${peer.folder}/janus.jcfg`, "--disable-colors"]));
    await peer.daemon.answers(() => freeConnect(port), "Janus");
    return peer;
  }
  pids() { return [this.daemon.pid]; }
  async stop() { await this.daemon.stop(); fs.rmSync(this.folder, { recursive: true, force: true }); }
}
