import { afterAll, beforeAll, expect, test } from 'vitest';
import { visitWith } from '../support/clients/generated-client.ts';
import { oazapfts, swaggerTypescriptApi } from '../support/clients/generators.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** Clients that others' generators make of the description. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test.each(Object.entries({ oazapfts, 'swagger-typescript-api': swaggerTypescriptApi }))(
  'a client by %s compiles strictly, and books a class',
  async (_, generator) => {
    const { text: description } = await world.api.get('/openapi.json');
    const member = world.member();
    const { box, day, classId } = await world.addClass({ opensInMs: -1, name: 'OPEN WOD' });

    const { errors, visited } = await visitWith(generator, description, {
      ...{ url: world.stack.url, ...member },
      ...{ box, day, classId },
    });

    expect(errors).toBe('');
    expect(visited).toEqual({
      ...{ before: 'bookable', after: 'booked', status: 'booked', listed: 1, refused: 'invalid-request' },
    });
    expect(world.reservationsIn(classId, member.email)).toBe(1);
  },
);
