// Packages that bring no types of their own.

declare module 'pouchdb-browser';
declare module 'transform-pouch';
