// Where messages arrive in the scripts beside this file: a real SMTP server and an HTTP gateway for
// text messages, on the ports of the environment.
import { createServer } from "node:http";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { env } from "./chromium.mjs";

/** Opens both; `mail(to)` and `text(to)` wait for the next message to somebody and give its text. */
export async function openPost() {
  const mails = [];
  const texts = [];
  const smtp = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        const to = session.envelope.rcptTo.map((it) => it.address);
        mails.push({ to, subject: mail.subject, text: mail.text });
        done();
      }, done);
    },
  });
  const gateway = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      const { to, text } = JSON.parse(body);
      texts.push({ to: [to], text });
      response.writeHead(202).end();
    });
  });
  await new Promise((resolve) => smtp.listen(Number(env("SMTP_PORT")), "127.0.0.1", resolve));
  await new Promise((resolve) => gateway.listen(Number(env("SMS_PORT")), "127.0.0.1", resolve));
  const next = (list) => async (to, about = () => true) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const at = list.findIndex((it) => it.to.includes(to) && about(it));
      if (at >= 0) return list.splice(at, 1)[0];
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`nothing arrived for ${to}: ${JSON.stringify(list)}`);
  };
  const close = () => {
    smtp.close();
    gateway.close();
  };
  return { mail: next(mails), text: next(texts), close };
}

/** The one-time code of a message. */
export const codeOf = ({ text }) => text.match(/(?<!\d)\d{6}(?!\d)/)[0];

/** The link of a message that leads to a flow. */
export const linkOf = ({ text }) => text.match(/https?:\/\/\S*\/flow\/\S+/)[0];
