declare module "workerd" {
  const pathOfBinary: string;
  export default pathOfBinary;
}
