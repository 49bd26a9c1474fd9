/** The name of the service: "On the" and a dot. */
export const Logo = () => (
  <span class="logo" role="img" aria-label="On the Dot">
    On the
    <i class="dot" />
  </span>
);
