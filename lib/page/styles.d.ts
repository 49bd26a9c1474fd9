/** Lets a module import a style sheet, only for its effect: esbuild writes imported style sheets to a file of their own. */
declare module '*.css';
