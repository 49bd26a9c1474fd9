import { atBox, bookClass, bookings, cancelBooking, nextBookings, schedule } from './box-pages.ts';
import { formLogin, jsonLogin, loginForm } from './login-pages.ts';
import type { SimulatorState } from './state.ts';
import { HOME, NOT_ALLOWED, NOT_FOUND, type Reply, type SimulatorRequest, type Site } from './wire.ts';
import { logout, setRefresh, tokenUpdate, whoAmI } from './www-pages.ts';

type Page = (state: SimulatorState, request: SimulatorRequest) => Reply;

const home: Page = () => HOME;
const file: Page = () => ({ status: 200, headers: { 'content-type': 'image/x-icon' }, cookies: [], body: '' });
const favicon = { 'GET /favicon.ico': file } as const;
const goodbye = { 'GET /logout': logout, 'POST /logout': logout, 'GET /Util/logout.php': logout } as const;

/** AimHarder's pages by host. A page with GET also answers HEAD. */
const PAGES: Readonly<Record<Exclude<Site, '_gym'>, Readonly<Record<string, Page>>>> = {
  login: {
    ...favicon,
    'GET /': () => loginForm(),
    'POST /': formLogin,
    'POST /api/login': jsonLogin,
  },
  www: {
    ...favicon,
    ...goodbye,
    'GET /': home,
    'GET /home': home,
    'GET /login': () => loginForm(),
    'POST /login': formLogin,
    'POST /api/login': jsonLogin,
    'GET /api/whoami': whoAmI,
    'GET /setrefresh': setRefresh,
    'POST /api/tokenUpdate': tokenUpdate,
  },
  box: {
    ...favicon,
    ...goodbye,
    'GET /': home,
    'POST /login': formLogin,
    'GET /schedule': atBox(schedule),
    'GET /api/bookings': atBox(bookings),
    'POST /api/book': atBox(bookClass),
    'POST /api/cancelBook': atBox(cancelBooking),
    'GET /api/nextBookings': atBox(nextBookings),
  },
};

export function serve(state: SimulatorState, request: SimulatorRequest): Reply {
  const { site, path, method } = request;
  if (site === '_gym') return NOT_FOUND;
  const pages = PAGES[site];
  const found = pages[`${method === 'HEAD' ? 'GET' : method} ${path}`];
  if (found) return found(state, request);
  return Object.keys(pages).some((route) => route.endsWith(` ${path}`)) ? NOT_ALLOWED : NOT_FOUND;
}
