import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startDatabase } from '../../../infra/local/dynamodb.ts';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import { exchange } from './exchange.ts';
import { type OwnEngine, ownEngine } from './own-engine.ts';

/** The requests that a fault affects: those of an operation whose body contains a text. */
type Struck = { readonly operation: 'PutItem' | 'UpdateItem' | 'DeleteItem'; readonly body: string };

/** An engine for a world. The network between the two fails as a story says. */
export type ForgetfulEngine = OwnEngine & {
  /** Carries out the next such request and loses its answer, so that the SDK sends the request again. */
  loseAnswer(struck: Struck): void;
  /** Holds all such requests back. @param onCut is called at each. @returns a function that lets them through. */
  cutOff(struck: Struck, onCut?: () => void): () => void;
  /** Throws if an answer that should be lost has not been. */
  checkLost(): void;
};

export async function forgetfulEngine(): Promise<ForgetfulEngine> {
  const engine = (await ownEngine()) ?? (await startDatabase({}));
  const losses = new Set<Struck>();
  const cuts = new Map<Struck, () => void>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const strikes = ({ operation, body: text }: Struck) =>
      request.headers['x-amz-target'] === `DynamoDB_20120810.${operation}` && body.includes(text);
    const cut = [...cuts].find(([struck]) => strikes(struck));
    if (cut) {
      cut[1]();
      return response.destroy();
    }
    const answer = await exchange(engine.endpoint, request, body);
    const loss = answer.status === 200 ? [...losses].find(strikes) : undefined;
    if (loss && losses.delete(loss)) return response.destroy();
    return response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  const { url, stop } = await listenOnLoopback(server);
  return {
    endpoint: url,
    loseAnswer: (struck) => void losses.add(struck),
    cutOff(struck, onCut = () => undefined) {
      cuts.set(struck, onCut);
      return () => void cuts.delete(struck);
    },
    checkLost() {
      if (losses.size > 0) throw new Error(`no answer was lost: ${JSON.stringify([...losses])}`);
    },
    stop() {
      stop();
      void engine.stop();
    },
  };
}
