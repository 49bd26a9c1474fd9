import { atBox, bookClass, bookings, cancelBooking, nextBookings, schedule } from './box-pages.ts';
import { formLogin, jsonLogin, renderLoginForm } from './login-pages.ts';
import type { SimulatorState } from './state.ts';
import { HOME, NOT_ALLOWED, NOT_FOUND, type Reply, type SimulatorRequest, type Site } from './wire.ts';
import { logout, setRefresh, tokenUpdate, whoAmI } from './www-pages.ts';

type Page = (state: SimulatorState, request: SimulatorRequest) => Reply;

const home: Page = () => HOME;
const emptyIcon: Page = () => ({ status: 200, headers: { 'content-type': 'image/x-icon' }, cookies: [], body: '' });
const FAVICON = { 'GET /favicon.ico': emptyIcon } as const;
const LOGOUT_PAGES = { 'GET /logout': logout, 'POST /logout': logout, 'GET /Util/logout.php': logout } as const;

/** AimHarder's pages, by site, then by method and path. A page for GET also answers HEAD. */
const PAGES: Readonly<Record<Exclude<Site, '_gym'>, Readonly<Record<string, Page>>>> = {
  login: {
    ...FAVICON,
    'GET /': () => renderLoginForm(),
    'POST /': formLogin,
    'POST /api/login': jsonLogin,
  },
  www: {
    ...FAVICON,
    ...LOGOUT_PAGES,
    'GET /': home,
    'GET /home': home,
    'GET /login': () => renderLoginForm(),
    'POST /login': formLogin,
    'POST /api/login': jsonLogin,
    'GET /api/whoami': whoAmI,
    'GET /setrefresh': setRefresh,
    'POST /api/tokenUpdate': tokenUpdate,
  },
  box: {
    ...FAVICON,
    ...LOGOUT_PAGES,
    'GET /': home,
    'POST /login': formLogin,
    'GET /schedule': atBox(schedule),
    'GET /api/bookings': atBox(bookings),
    'POST /api/book': atBox(bookClass),
    'POST /api/cancelBook': atBox(cancelBooking),
    'GET /api/nextBookings': atBox(nextBookings),
  },
};

/** Serves a page of AimHarder. Answers 405 if the path exists for other methods only, and 404 if it is unknown. */
export function serve(state: SimulatorState, request: SimulatorRequest): Reply {
  const { site, path, method } = request;
  // The server has answered the control pages already (`admin.ts`).
  if (site === '_gym') return NOT_FOUND;
  const pages = PAGES[site];
  const servePage = pages[`${method === 'HEAD' ? 'GET' : method} ${path}`];
  if (servePage) return servePage(state, request);
  return Object.keys(pages).some((route) => route.endsWith(` ${path}`)) ? NOT_ALLOWED : NOT_FOUND;
}
